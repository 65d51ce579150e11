"""A script of a provincial office, with a client generated from the contract: the register of what
is recognised adds up, page by page; and what a buyer says it wants in one line is answered with
offers and near misses. Reads the file that `ocop-link demo --credentials` wrote."""

import json
import sys
from datetime import date, timedelta
from uuid import uuid4

from ocop_link.api.demands import close_demand, create_demand
from ocop_link.api.matches import list_demand_matches, list_demand_near_misses
from ocop_link.api.reports import get_registry_report, list_registry_producers
from ocop_link.client import AuthenticatedClient
from ocop_link.models import DemandBody, DemandRecord, DemandState, Problem
from ocop_link.types import UNSET

PAGE = 100


def client_of(credentials, caller):
    token = credentials["callers"][caller]["token"]
    return AuthenticatedClient(base_url=credentials["base_url"], token=token)


def producers(client):
    cursor = UNSET
    while cursor is not None:
        page = list_registry_producers.sync(client=client, limit=PAGE, cursor=cursor)
        yield from page.items
        cursor = page.next_cursor or None


def read_register(client):
    register = get_registry_report.sync(client=client)
    count = register.total
    stars = count.three_star + count.four_star + count.potential_five_star + count.five_star
    assert stars == count.products > 0, count
    assert sum(each.count.products for each in register.by_product_set) == count.products
    listed = list(producers(client))
    assert len({each.party_id for each in listed}) == len(listed) == count.producers
    assert sum(each.count.products for each in listed) == count.products
    return f"{count.products} recognised products of {count.producers} producers"


def buy(client):
    wish = DemandBody(title="mật hoa dừa", unit="kg", quantity=100, by=date.today() + timedelta(90))
    demand = create_demand.sync(client=client, body=wish, idempotency_key=str(uuid4()))
    assert isinstance(demand, DemandRecord) and demand.state == DemandState.OPEN, demand
    matches = list_demand_matches.sync(client=client, id=demand.id)
    assert matches.items, "nobody has any"
    for match in matches.items:
        assert sum(factor.contribution for factor in match.factors) == match.score
    misses = list_demand_near_misses.sync(client=client, id=demand.id)
    assert all(not check.passed for miss in misses.items for check in miss.failed_checks)
    closed = close_demand.sync(client=client, id=demand.id)
    assert closed.state == DemandState.CLOSED, closed
    return f"{len(matches.items)} matches, {len(misses.items)} near misses"


def is_refused_in_words(client):
    wish = DemandBody(title="", unit="chục", quantity=0, by=date(2020, 1, 1))
    problem = create_demand.sync(client=client, body=wish)
    assert isinstance(problem, Problem) and problem.status == 422, problem
    pointers = [error.pointer for error in problem.errors]
    assert "/quantity" in pointers, pointers
    return f"refused at {', '.join(pointers)}"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        credentials = json.load(file)
    print(read_register(client_of(credentials, "authority")))
    buyer = client_of(credentials, "distributor")
    print(buy(buyer))
    print(is_refused_in_words(buyer))


main()
