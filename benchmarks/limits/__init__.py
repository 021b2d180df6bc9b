"""What the parts beneath allow at best: raw psycopg, the ORM, asyncio."""
