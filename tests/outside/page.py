"""Reads what Chromium noted of its requests: all of them must go to the server under test."""

import json
import sys
from urllib.parse import urlsplit


def asked(path: str, base_url: str) -> set[str]:
    """Every address that the page asked for; what the browser asks for itself is left out."""
    with open(path, encoding="utf-8") as log:
        events = json.load(log)["events"]
    requests = (event.get("params", {}) for event in events)
    return {it["url"] for it in requests if it.get("initiator") == base_url and "url" in it}


def main(path: str, base_url: str) -> None:
    """Fails if the page asked somebody else, or asked nothing."""
    addresses = asked(path, base_url)
    foreign = sorted(it for it in addresses if urlsplit(it).netloc != urlsplit(base_url).netloc)
    own = len(addresses) - len(foreign)
    print(f"{own} addresses of the server, {len(foreign)} of others", *foreign, sep="\n")
    if foreign or f"{base_url}/openapi.json" not in addresses:
        sys.exit("the page must load the contract, and nothing from outside")


if __name__ == "__main__":
    main(*sys.argv[1:])
