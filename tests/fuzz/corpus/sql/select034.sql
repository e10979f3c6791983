select arbitrary(x) from (values 7,7) t(x)
