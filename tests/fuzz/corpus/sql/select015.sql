select 1 union all select 1, 2
