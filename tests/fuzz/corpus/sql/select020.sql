select t.x, l.z from (values 1, 2) t(x) cross join lateral (select t.x * 10 as z) l order by 1
