select t.a,u.x from (values (1,cast(array[] as array(integer)))) t(a,xs) left join unnest(xs) as u(x) on true
