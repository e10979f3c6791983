select x,y from unnest(array[row(1,'a'),row(2,'b')]) as t(x,y)
