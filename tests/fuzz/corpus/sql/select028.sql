select v.* from (values 1) t(x)
