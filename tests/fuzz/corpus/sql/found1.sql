select zip_with(array[1,2],array[3,4],(xly)->x+y),
transform(array[1,2],x->x*2),
filter(array[1,2,3],x->x>1),
reduce(array[1,2,3],0,(s,x)->s+x,s->s*10),
any_match(array[1,2],x->x>1),
all_match(array[1,2],x->x>1),
none_match(array[1,2],x->x>5),
combinations(array[1,2,3],2),
n