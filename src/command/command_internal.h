/* What the ways to run a program share. */
#pragma once

#include <glib.h>

/* Between fork and exec: a process group of its own, which dies with this program. */
void tg_command_prepare_child(gpointer data);

/* Kills what is left of a group and waits a little while the system takes it away. */
void tg_command_kill_group(GPid pid);
