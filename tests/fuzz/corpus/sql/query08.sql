select date '2024-01-01', interval -'3' day, timestamp '2024-01-01 00:00:00', X'6566', 1e5, 1.50, 'it''s', -x, array[1, 2][1], row(1, 2), m['k'].f, (x, y) -> x + y, z -> z
