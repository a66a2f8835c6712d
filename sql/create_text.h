#pragma once

#include <string>

#include "sql/catalog/catalog_table.h"

namespace millrace::sql {

// The statement that would make the entry anew, as SHOW CREATE prints it.
std::string CreateText(const CatalogTable& table);
std::string CreateText(const CatalogView& view);

}  // namespace millrace::sql
