import httpx  #: deferrable safe


async def fetch(urls):
    async with httpx.AsyncClient() as client:  # decides
        for url in urls:
            yield await client.get(url)
