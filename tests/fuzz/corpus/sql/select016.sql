with a as (select 1 x), b(y) as (select x + 1 from a) select * from a, b
