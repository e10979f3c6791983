select 1 union select 1.5 order by 1
