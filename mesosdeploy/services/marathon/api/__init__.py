"""The lab scheduler's REST API: Marathon's paths, JSON and error answers over aiohttp."""
