"""A file with the highest token that has written it in its first line. Readers skip that line."""

import fcntl


class Fenced(Exception):
    pass


def write_guarded(path, token, text):
    with open(path, "a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        highest = int(file.readline() or 0)
        if token < highest:
            raise Fenced(f"token {token} is lower than {highest}")
        file.truncate(0)
        file.write(f"{token}\n{text}")
