select a from db.t left join u using (k) natural join v cross join w, x full join y on 1=1
