"""The table of results in a README, made by the run that it tells of."""

BEGIN, END = "<!-- table -->\n", "<!-- end of the table -->\n"


def check_table(readme, text, write):
    """True if the table of the file `readme`, which stands between the marks, is `text`; with `write` it is made so."""
    before, rest = readme.read_text().split(BEGIN)
    present, after = rest.split(END)
    if write:
        readme.write_text(before + BEGIN + text + END + after)
    elif present != text:
        print(f"FAIL the table of README.md is not what this run found (`--write` writes it):\n{text}")
        return False
    return True
