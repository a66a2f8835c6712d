#include "connectors/nexmark/event_fields.h"

#include <cstdio>

#include "absl/strings/str_cat.h"

namespace millrace::nexmark {
namespace {

// Fills a BIGINT or TIMESTAMP(3) column by a member of EventModel.
template <EventKind kind, int64_t (EventModel::*make)(const EventId&) const>
void FillLong(const EventRows& rows, Vector& out) {
  int64_t* values = out.data<int64_t>();
  for (size_t i = 0; i < rows.ids.size(); ++i) {
    if (rows.kinds[i] == kind) {
      values[i] = (rows.model.*make)(rows.ids[i]);
    } else {
      values[i] = 0;
      out.SetNull(i);
    }
  }
}

// Fills a STRING column by `make(rows, id)`, whose views point into the
// reader's text or are inline.
template <EventKind kind, StringView (*make)(const EventRows&, const EventId&)>
void FillView(const EventRows& rows, Vector& out) {
  StringView* values = out.data<StringView>();
  for (size_t i = 0; i < rows.ids.size(); ++i) {
    if (rows.kinds[i] == kind) {
      values[i] = make(rows, rows.ids[i]);
    } else {
      values[i] = StringView();
      out.SetNull(i);
    }
  }
  out.AddChunks(rows.text.chunks());
}

// Likewise for strings that are put together: `make` returns the text.
template <EventKind kind, std::string (*make)(const EventRows&, const EventId&)>
void FillText(const EventRows& rows, Vector& out) {
  StringWriter writer;
  StringView* values = out.data<StringView>();
  for (size_t i = 0; i < rows.ids.size(); ++i) {
    values[i] = StringView();
    if (rows.kinds[i] == kind) {
      values[i] = writer.Copy(make(rows, rows.ids[i]));
    } else {
      out.SetNull(i);
    }
  }
  out.AddChunks(writer.TakeChunks());
}

// The draws of string fields; EventModel uses those below 32.
enum StringDraw : int {
  kNameDraw = 32,
  kLastNameDraw,
  kEmailDraw,
  kDomainDraw,
  kCardDraw,
  kCityDraw,
  kStateDraw,
  kPersonExtraDraw,
  kItemDraw,
  kDescriptionDraw,
  kAuctionExtraDraw,
  kBidExtraDraw,
};

std::string PersonName(const EventRows& rows, const EventId& id) {
  return absl::StrCat(
      EventText::FirstName(rows.model.Draw(id, kNameDraw)).view(), " ",
      EventText::LastName(rows.model.Draw(id, kLastNameDraw)).view());
}

std::string Email(const EventRows& rows, const EventId& id) {
  const StringView user =
      rows.text.Letters(rows.model.Draw(id, kEmailDraw), 3, 7);
  const StringView domain =
      rows.text.Letters(rows.model.Draw(id, kDomainDraw), 3, 5);
  return absl::StrCat(user.view(), "@", domain.view(), ".com");
}

std::string CreditCard(const EventRows& rows, const EventId& id) {
  const uint64_t draw = rows.model.Draw(id, kCardDraw);
  char text[20];
  std::snprintf(text, sizeof text, "%04d %04d %04d %04d",
                static_cast<int>(draw % 10000),
                static_cast<int>((draw >> 16) % 10000),
                static_cast<int>((draw >> 32) % 10000),
                static_cast<int>((draw >> 48) % 10000));
  return text;
}

StringView City(const EventRows& rows, const EventId& id) {
  return EventText::City(rows.model.Draw(id, kCityDraw));
}
StringView State(const EventRows& rows, const EventId& id) {
  return EventText::State(rows.model.Draw(id, kStateDraw));
}
StringView PersonExtra(const EventRows& rows, const EventId& id) {
  return rows.text.Padding(rows.model.Draw(id, kPersonExtraDraw), 70,
                           rows.model.options().person_size_bytes);
}
StringView ItemName(const EventRows& rows, const EventId& id) {
  return rows.text.Letters(rows.model.Draw(id, kItemDraw), 3, 20);
}
StringView Description(const EventRows& rows, const EventId& id) {
  return rows.text.Letters(rows.model.Draw(id, kDescriptionDraw), 3, 100);
}
StringView AuctionExtra(const EventRows& rows, const EventId& id) {
  return rows.text.Padding(rows.model.Draw(id, kAuctionExtraDraw), 110,
                           rows.model.options().auction_size_bytes);
}
StringView BidChannel(const EventRows& rows, const EventId& id) {
  return rows.text.Channel(rows.model.Channel(id));
}
StringView BidUrl(const EventRows& rows, const EventId& id) {
  return rows.text.Url(rows.model.Channel(id));
}
StringView BidExtra(const EventRows& rows, const EventId& id) {
  return rows.text.Padding(rows.model.Draw(id, kBidExtraDraw), 32,
                           rows.model.options().bid_size_bytes);
}

std::vector<EventField> PersonFields() {
  constexpr EventKind k = EventKind::kPerson;
  const LogicalType text = LogicalType::String();
  return {
      {k, "id", LogicalType::BigInt(), FillLong<k, &EventModel::PersonId>},
      {k, "name", text, FillText<k, PersonName>},
      {k, "emailAddress", text, FillText<k, Email>},
      {k, "creditCard", text, FillText<k, CreditCard>},
      {k, "city", text, FillView<k, City>},
      {k, "state", text, FillView<k, State>},
      {k, "dateTime", LogicalType::Timestamp(3),
       FillLong<k, &EventModel::TimeMs>},
      {k, "extra", text, FillView<k, PersonExtra>},
  };
}

std::vector<EventField> AuctionFields() {
  constexpr EventKind k = EventKind::kAuction;
  const LogicalType number = LogicalType::BigInt();
  const LogicalType text = LogicalType::String();
  const LogicalType time = LogicalType::Timestamp(3);
  return {
      {k, "id", number, FillLong<k, &EventModel::AuctionId>},
      {k, "itemName", text, FillView<k, ItemName>},
      {k, "description", text, FillView<k, Description>},
      {k, "initialBid", number, FillLong<k, &EventModel::InitialBid>},
      {k, "reserve", number, FillLong<k, &EventModel::Reserve>},
      {k, "dateTime", time, FillLong<k, &EventModel::TimeMs>},
      {k, "expires", time, FillLong<k, &EventModel::ExpiresMs>},
      {k, "seller", number, FillLong<k, &EventModel::Seller>},
      {k, "category", number, FillLong<k, &EventModel::Category>},
      {k, "extra", text, FillView<k, AuctionExtra>},
  };
}

std::vector<EventField> BidFields() {
  constexpr EventKind k = EventKind::kBid;
  const LogicalType number = LogicalType::BigInt();
  const LogicalType text = LogicalType::String();
  return {
      {k, "auction", number, FillLong<k, &EventModel::BidAuction>},
      {k, "bidder", number, FillLong<k, &EventModel::Bidder>},
      {k, "price", number, FillLong<k, &EventModel::BidPrice>},
      {k, "channel", text, FillView<k, BidChannel>},
      {k, "url", text, FillView<k, BidUrl>},
      {k, "dateTime", LogicalType::Timestamp(3),
       FillLong<k, &EventModel::TimeMs>},
      {k, "extra", text, FillView<k, BidExtra>},
  };
}

}  // namespace

const std::vector<EventField>& EventFields(EventKind kind) {
  static const auto* const fields = new std::vector<EventField>[3]{
      PersonFields(), AuctionFields(), BidFields()};
  return fields[static_cast<int>(kind)];
}

VectorRef MakeEventTypes(const EventRows& rows) {
  auto out = std::make_shared<Vector>(PhysicalType::kInt32, rows.ids.size());
  for (size_t i = 0; i < rows.kinds.size(); ++i) {
    out->data<int32_t>()[i] = static_cast<int32_t>(rows.kinds[i]);
  }
  return out;
}

VectorRef MakeField(const EventRows& rows, const EventField& field) {
  auto out =
      std::make_shared<Vector>(field.type.physical(), rows.ids.size());
  field.fill(rows, *out);
  return out;
}

VectorRef MakeRow(const EventRows& rows, EventKind kind,
                  const LogicalType& type) {
  auto out = std::make_shared<Vector>(type, rows.ids.size());
  for (int i = 0; i < out->child_count(); ++i) {
    out->SetChild(i, MakeField(rows, *FindField(kind, type.fields()[i].name)));
  }
  for (size_t i = 0; i < rows.kinds.size(); ++i) {
    if (rows.kinds[i] != kind) out->SetNull(i);
  }
  return out;
}

const EventField* FindField(EventKind kind, absl::string_view name) {
  for (const EventField& field : EventFields(kind)) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

}  // namespace millrace::nexmark
