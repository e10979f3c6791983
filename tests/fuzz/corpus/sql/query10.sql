select * from unnest(a, b) with ordinality as u(x, n), lateral (select 1) l, (values 1) v, t tablesample bernoulli (10), ((select 1) s join t2 on true)
