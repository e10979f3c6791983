with t as (select 1 x) select * from (with t as (select 2 x) select * from t) u, t
