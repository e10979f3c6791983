select a > all (select 1), b = any (select 2), c <> some (select 3) fetch first 5 rows only
