#include "runtime/plan/plan_text.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/plan/upsert_calls.h"

namespace millrace {
namespace {

using Names = std::vector<std::string>;

Names NamesOf(const std::vector<RowField>& fields) {
  Names names;
  for (const RowField& field : fields) names.push_back(field.name);
  return names;
}

absl::string_view ModeText(ChangelogMode mode) {
  switch (mode) {
    case ChangelogMode::kAppend: return "append";
    case ChangelogMode::kUpsert: return "upsert";
    case ChangelogMode::kRetract: return "retract";
  }
  return "?";
}

template <typename Places>
std::string At(const Places& places, const Names& names) {
  return absl::StrJoin(places, ", ", [&](std::string* out, int32_t place) {
    out->append(names[place]);
  });
}

// "a, UPPER(b) AS c": an expression that is its column's own name stands bare.
std::string Columns(const std::vector<Expr>& exprs, const Names& input,
                    const Names& output) {
  std::string text;
  for (size_t i = 0; i < exprs.size(); ++i) {
    const std::string expr = ToString(exprs[i], &input);
    absl::StrAppend(&text, i == 0 ? "" : ", ", expr);
    if (expr != output[i]) absl::StrAppend(&text, " AS ", output[i]);
  }
  return text;
}

// The lines that tell one vertex.
class Describer {
 public:
  Describer(const Vertex& vertex, Names input)
      : input_(std::move(input)), output_(NamesOf(vertex.output)) {}

  std::vector<std::string> operator()(const SourceSpec& spec) const {
    const Names decoded = RequestNames(spec);
    std::vector<std::string> lines = {
        absl::StrCat("decode: ", absl::StrJoin(decoded, ", "))};
    if (!spec.request.filter.empty()) {
      std::vector<std::string> parts;
      for (const Expr& part : spec.request.filter) {
        parts.push_back(ToString(part, &decoded));
      }
      lines.push_back(
          absl::StrCat("decode where: ", absl::StrJoin(parts, " AND ")));
    }
    lines.push_back(
        absl::StrCat("columns: ", Columns(spec.columns, decoded, output_)));
    if (spec.watermark) {
      lines.push_back(absl::StrCat(
          "watermark: ", output_[spec.watermark->event_time_column], " AS ",
          ToString(spec.watermark->watermark, &output_)));
    }
    if (spec.filter) {
      lines.push_back(
          absl::StrCat("filter: ", ToString(*spec.filter, &output_)));
    }
    if (spec.rejected_into) {
      lines.push_back(
          absl::StrCat("bad records into: ", spec.rejected_into->name));
    }
    return lines;
  }

  std::vector<std::string> operator()(const ValuesSpec& spec) const {
    return {absl::StrCat("rows: ", spec.rows.size())};
  }

  std::vector<std::string> operator()(const CalcSpec& spec) const {
    std::vector<std::string> lines;
    if (spec.filter) {
      lines.push_back(
          absl::StrCat("filter: ", ToString(*spec.filter, &input_)));
    }
    lines.push_back(
        absl::StrCat("columns: ", Columns(spec.projection, input_, output_)));
    return lines;
  }

  std::vector<std::string> operator()(const WindowAssignSpec& spec) const {
    return {WindowLine(spec.window)};
  }

  std::vector<std::string> operator()(
      const WindowAggregateSpec& spec) const {
    std::vector<std::string> lines = {WindowLine(spec.window)};
    AddCalls(spec.calls, lines);
    lines.push_back(OutputLine());
    return lines;
  }

  std::vector<std::string> operator()(const GroupAggregateSpec& spec) const {
    std::vector<std::string> lines;
    if (!TakesUpserts(spec.calls)) AddCalls(spec.calls, lines);
    lines.push_back(OutputLine());
    if (spec.input_retracts) lines.push_back("retracts: yes");
    if (spec.state_ttl_ms > 0) {
      lines.push_back(absl::StrCat("ttl: ", spec.state_ttl_ms, " ms"));
    } else if (!spec.keys.empty() && spec.phase != AggregatePhase::kLocal) {
      lines.push_back("state: kept for ever (table.exec.state.ttl is 0)");
    }
    return lines;
  }

  std::vector<std::string> operator()(const SinkSpec& spec) const {
    std::vector<std::string> lines;
    const auto connector = spec.table.options.find("connector");
    if (connector != spec.table.options.end()) {
      lines.push_back(absl::StrCat("connector: ", connector->second));
    }
    if (!spec.upsert_key.empty()) {
      lines.push_back(
          absl::StrCat("key: ", At(spec.upsert_key, input_)));
    }
    if (spec.rejected_into) {
      lines.push_back(
          absl::StrCat("refused records into: ", spec.rejected_into->name));
    }
    return lines;
  }

 private:
  // "calls: COUNT(DISTINCT bidder) FILTER price_ok, SUM(price)".
  void AddCalls(const std::vector<AggregateCall>& calls,
                std::vector<std::string>& lines) const {
    std::string text;
    for (const AggregateCall& call : calls) {
      absl::StrAppend(&text, text.empty() ? "calls: " : ", ", call.function,
                      "(", call.distinct ? "DISTINCT " : "",
                      call.args.empty() ? "*" : At(call.args, input_), ")");
      if (call.filter) {
        absl::StrAppend(&text, " FILTER ", input_[*call.filter]);
      }
    }
    if (!text.empty()) lines.push_back(std::move(text));
  }

  std::string OutputLine() const {
    return absl::StrCat("columns: ", absl::StrJoin(output_, ", "));
  }

  std::string WindowLine(const WindowSpec& window) const {
    if (window.start_column) {
      return absl::StrCat("window of the row: ", input_[*window.start_column],
                          ", ", input_[*window.end_column]);
    }
    if (window.end_column) {
      return absl::StrCat("slice of the row: ", input_[*window.end_column]);
    }
    if (!window.time_column) return "time: processing time";
    return absl::StrCat("time: ", input_[*window.time_column],
                        window.local_time
                            ? absl::StrCat(" in ", window.time_zone)
                            : "");
  }

  Names input_;
  Names output_;
};

class Printer {
 public:
  explicit Printer(const JobPlan& plan) : plan_(plan) {}

  std::string Print() {
    for (const Vertex& vertex : plan_.vertices) {
      const bool is_sink = std::holds_alternative<SinkSpec>(vertex.spec);
      if (is_sink) PrintVertex(vertex, "", "", "");
    }
    return std::move(text_);
  }

 private:
  std::vector<const Edge*> InputsOf(const Vertex& vertex) const {
    std::vector<const Edge*> edges;
    for (const Edge& edge : plan_.edges) {
      if (edge.to == vertex.id) edges.push_back(&edge);
    }
    return edges;
  }

  std::string ExchangeText(const Edge& edge) const {
    const Names names = NamesOf(plan_.vertex(edge.from).output);
    switch (edge.exchange) {
      case ExchangeKind::kForward: return "";
      case ExchangeKind::kHash:
        return absl::StrCat(" --hash(", At(edge.keys, names), ")-->");
      case ExchangeKind::kRebalance: return " --rebalance-->";
      case ExchangeKind::kBroadcast: return " --broadcast-->";
      case ExchangeKind::kGlobal: return " --global-->";
    }
    return "";
  }

  std::string Header(const Vertex& vertex) const {
    ChangelogMode mode = vertex.output_mode;
    if (const auto* sink = std::get_if<SinkSpec>(&vertex.spec)) {
      mode = sink->input_mode;
    }
    std::string text = absl::StrCat(vertex.name, " [", ModeText(mode));
    if (!vertex.upsert_key.empty()) {
      absl::StrAppend(
          &text, " by ", At(vertex.upsert_key, NamesOf(vertex.output)));
    }
    return absl::StrCat(text, ", parallelism ", vertex.parallelism, "]");
  }

  void PrintVertex(const Vertex& vertex, const std::string& first,
                   const std::string& rest, const std::string& exchange) {
    absl::StrAppend(&text_, first, Header(vertex), exchange);
    if (!printed_.insert(vertex.id.value()).second) {
      absl::StrAppend(&text_, " (as above)\n");
      return;
    }
    absl::StrAppend(&text_, "\n");
    const std::vector<const Edge*> edges = InputsOf(vertex);
    Names input;
    if (!edges.empty()) {
      input = NamesOf(plan_.vertex(edges[0]->from).output);
    }
    const std::string bar = edges.empty() ? "     " : "|    ";
    const Describer describer(vertex, std::move(input));
    for (const std::string& line : std::visit(describer, vertex.spec)) {
      absl::StrAppend(&text_, rest, bar, line, "\n");
    }
    for (size_t i = 0; i < edges.size(); ++i) {
      const bool last = i + 1 == edges.size();
      PrintVertex(plan_.vertex(edges[i]->from), rest + "+- ",
                  rest + (last ? "   " : "|  "), ExchangeText(*edges[i]));
    }
  }

  const JobPlan& plan_;
  std::string text_;
  std::set<int32_t> printed_;
};

}  // namespace

std::vector<std::string> RequestNames(const SourceSpec& spec) {
  std::vector<std::string> names;
  for (const SourceRequest::Column& column : spec.request.columns) {
    const TableColumn& first = spec.table.columns[column.path[0]];
    std::string name = first.name;
    LogicalType type = first.type;
    for (size_t i = 1; i < column.path.size(); ++i) {
      const RowField field = type.fields()[column.path[i]];
      absl::StrAppend(&name, ".", field.name);
      type = field.type;
    }
    names.push_back(std::move(name));
  }
  return names;
}

std::string PlanText(const JobPlan& plan) { return Printer(plan).Print(); }

}  // namespace millrace
