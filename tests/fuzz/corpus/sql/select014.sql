select 1 union all select 'a'
