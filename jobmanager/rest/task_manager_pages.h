#pragma once

#include "jobmanager/rest/rest_page.h"

namespace millrace {

RestResponse TaskManagersPage(const PageContext& context);  // GET /taskmanagers
// GET /taskmanagers/:taskmanagerid
RestResponse TaskManagerPage(const PageContext& context);

}  // namespace millrace
