with_timezone(timestamp '2024-03-05 00:00:00','Asia/Tokyo') = timestamp '2024-03-04 15:00:00 UTC'
