with recursive t(n, s) as (select 1, cast('a' as varchar) union all select n + 1, s || 'b' from t where n < 3) select s from t order by n
