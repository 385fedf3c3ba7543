"""500,000 items from a producer to a consumer through asyncio.Queue."""

import asyncio

from measure import measure, size


async def produce(queue, n):
    for i in range(n):
        await queue.put(i)
    await queue.put(None)


async def consume(queue):
    total = 0
    while (item := await queue.get()) is not None:
        total += item
    return total


async def transfer(n):
    queue = asyncio.Queue(1000)
    producer = asyncio.create_task(produce(queue, n))
    total = await consume(queue)
    await producer
    return total


def asyncio_queue(n):
    return asyncio.run(transfer(n))


n = size(500_000)
assert measure("asyncio_queue", asyncio_queue, n) == n * (n - 1) // 2
