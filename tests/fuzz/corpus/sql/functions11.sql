select url_encode('a b&c'),
url_decode('a+b%26c'),
ST_AsText(ST_Point(1,2)),
great_circle_distance(36.12,-86.67,33.94,-118.40),
bar(0.5,10),
bing_tile_at(47.6,-122.3,12),
cosine_similarity(map(array['a'],array[1.0]),map(array['a'],array[2.0]))
from t
