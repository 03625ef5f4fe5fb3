#pragma once
#include "base/loop_devices.h"
