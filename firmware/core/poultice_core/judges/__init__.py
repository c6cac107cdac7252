"""What is judged in every tick, one class a question.

A judge is made of the parts that it looks at. `look(now)` is called once a tick, with the interval
that ends in it, and gives the faults that trip as bits (`1 << fault`), 0 for none. It changes
nothing but itself, and raises nothing.
"""
