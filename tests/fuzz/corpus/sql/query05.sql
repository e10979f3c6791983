with a (x) as (select 1), b as (table a) select * from a union all select * from b intersect (select 2 order by 1 limit 1) except values 1, (2) order by 1 offset 2 limit 3
