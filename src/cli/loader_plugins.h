/* The plug-ins of this program, from the names in loader/<role>/meson.build. */
#pragma once

#include "loader/loader.h"

/* Lent; the same for the life of the process. */
const TgLoaderPlugins *tg_loader_plugins_get(void);
