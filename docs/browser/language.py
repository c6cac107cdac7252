"""The language of a page: what the build took from the catalogues, as JSON. That which `tr` and the
others promise stands in the host's own module; in a page nothing is told in two languages."""

_told, _instead = {}, {}


def use(catalogue, instead):
    """These texts from now on: of each English one its forms; `instead` has what is said of some
    in a page."""
    global _told, _instead
    _told, _instead = catalogue, instead


def tr(text, **values):
    """The text, with `values` for what stands in braces."""
    text = _instead.get(text, text)
    said = _told.get(text, [text])[0]
    return said.format(**values) if values else said


def trn(one, many, n, **values):
    """The same of a text that depends on a number."""
    forms = _told.get(one, [one, many])
    return forms[0 if n == 1 else 1].format(n=n, **values)


def later(text):
    """The text as it stands."""
    return text


def both(make, *texts):
    """What `make` makes of texts."""
    return make(*texts)


def put(pattern, **values):
    """`values` in a pattern without words."""
    return pattern.format(**values)


def joined(between, texts):
    """Several as one."""
    return between.join(texts)


def number(text):
    """A number with the marks of the language."""
    example = tr("1,234.5")
    marks = {",": example[1], ".": example[-2]}
    return "".join([marks.get(one, one) for one in text])


def spoken(text, source):
    """The text, and not its source."""
    return text


def english(text):
    """Itself."""
    return text


in_english = english
