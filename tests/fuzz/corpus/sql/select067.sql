select u.x,u.n from (values (array['a','b'])) t(xs) cross join unnest(xs) with ordinality as u(x,n)
