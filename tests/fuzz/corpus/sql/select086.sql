select * from (select 1 a, 2 b) match_recognize (order by a measures a.b as m pattern (a) define a as true)
