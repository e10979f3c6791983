select x, count(*) c from (values 'a', 'b', 'a') t(x) group by 1 having count(*) > 1 order by c desc
