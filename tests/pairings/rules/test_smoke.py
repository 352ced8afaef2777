def test_smoke(people, bench):
    uuid = people.posted_bill()
    print(people.document(uuid))
    assert bench.run() and bench.wrote_nothing()
