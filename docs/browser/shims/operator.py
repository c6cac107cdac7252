def itemgetter(*places):
    return lambda items: tuple([items[one] for one in places])
