"""The program in the crawl pod: list, group, classify, decide, write, report."""
