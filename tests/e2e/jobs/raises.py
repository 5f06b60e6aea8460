def load(month: str) -> None:
    raise ValueError(f"month {month} does not exist")


load("2013-13")
