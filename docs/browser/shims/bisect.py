def bisect_right(items, one):
    place = 0
    while place < len(items) and items[place] <= one:
        place += 1
    return place
