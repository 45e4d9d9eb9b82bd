"""Pictures without what they tell of place, camera and author; not a pixel changes.

Of each format only the parts that a viewer needs are copied, up to the picture's own end: what
hangs on behind it, such as another file for another program, goes as well (rule S17).
"""
