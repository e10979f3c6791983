select lower(distinct 'A')
