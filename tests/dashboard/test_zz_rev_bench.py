import time, cProfile, pstats, io
import orjson, pytest
from tests.dashboard.conftest import Browser, Town
from tests.dashboard.test_flow import AUGUST, say_yes, with_slips

async def _fill(tx, town, code):
    base = town.base
    gid = f"{base}.consent/grants/{code}"
    row = await tx.one("SELECT * FROM consent_grant WHERE id = :id", id=gid)
    cols = list(row.keys())
    others = ", ".join(c for c in cols if c not in ("id", "seq"))
    for n in range(1000):
        await tx.run(f"INSERT INTO consent_grant (id, seq, {others}) SELECT :new, seq + :n, {others} FROM consent_grant WHERE id = :id", new=f"{gid}x{n}", n=n + 1, id=gid)
        ev = await tx.one("SELECT * FROM grant_event WHERE grant_id = :id", id=gid)
        ecols = ", ".join(c for c in ev.keys() if c != "grant_id")
        await tx.run(f"INSERT INTO grant_event (grant_id, {ecols}) SELECT :new, {ecols} FROM grant_event WHERE grant_id = :id", new=f"{gid}x{n}", id=gid)
    j = await tx.one("SELECT * FROM journal ORDER BY seq DESC LIMIT 1")
    entry = orjson.loads(j["entry"])
    now = j["time"]
    for n in range(100_000):
        t = now - 31_000 * (100_000 - n)
        await tx.run("INSERT INTO journal (pod, seq, id, time, agency, grant_id, outcome, external, hash, entry) VALUES (:pod, :seq, :id, :time, :agency, :grant, :outcome, 0, '', :entry)",
            pod=j["pod"], seq=n - 200_000, id=f"{j['id']}{n}", time=t, agency=j["agency"] if n % 3 else f"https://a{n%40}.example/", grant=f"{gid}x{n%1000}", outcome="allowed" if n % 5 else "denied", entry=orjson.dumps(entry | {"id": f"{j['id']}{n}"}).decode())

async def test_bench(town: Town, an: Browser) -> None:
    code = await say_yes(an, await with_slips(town))
    await town.reads(AUGUST)
    await an.get("/-/log")
    t = time.perf_counter()
    await town.house.db.write(None, _fill, town, code)
    print("fill", time.perf_counter() - t)
    for path in ("/-/", "/-/log", "/-/log?period=year", "/-/log?period=day", "/-/log?period=month&day=2026-10-24", "/-/log?outcome=denied", f"/-/log?grant={code}x7", f"/-/grants/{code}x7", f"/-/grants/{code}", "/-/grants", "/-/access", "/-/log?agency=https://a0.example/&period=year", "/-/search?q=zzz", "/-/log/entries?form=csv&period=month", "/-/log/entries?form=json&period=year"):
        best = 9
        cpu0 = time.process_time()
        for _ in range(4):
            t = time.process_time(); w = time.perf_counter()
            page = await an.get(path)
            best = min(best, time.process_time() - t)
            wall = time.perf_counter() - w
        print(f"{best*1000:8.1f} ms cpu {wall*1000:8.1f} wall  {len(page.text):8d} chars {page.status} {path}")
