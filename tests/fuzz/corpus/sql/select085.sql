select x from (values 1,2) t(x) except select 1
