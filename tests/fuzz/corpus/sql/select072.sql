select * from (values (1,'a'),(2,'b')) t(x,y) order by 1
