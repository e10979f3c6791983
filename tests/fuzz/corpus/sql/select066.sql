select t.a,u.x from (values (1,array[10,20])) t(a,xs) cross join unnest(xs) as u(x)
