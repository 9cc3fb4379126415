package controlplane

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// AuditQuery filters the audit. Its zero value selects the newest hundred entries of everything.
type AuditQuery struct {
	Environment  string   // "" for all, including changes that belong to no environment
	Environments []string // nil for any; otherwise only these, for callers that may not see the others
	Flag         string
	Segment      string
	By           string
	OnBehalfOf   string
	Action       string    // an action, or the part of it before the dot
	Since, Until time.Time // since is inclusive, until is not
	Cursor       string
	Limit        int // 0 means 100; at most 1000
}

// AuditEntryAt returns the entry of one revision, with all its changes. An error has the code NotFound, also past the
// retention, or Unavailable.
func (s *Service) AuditEntryAt(ctx context.Context, env string, revision int64) (api.AuditEntry, error) {
	e, err := store.ReadOne(ctx, s.store, stored.AuditKey(env, revision))
	if err != nil {
		return api.AuditEntry{}, model.Unavailable("the store doesn't answer", err)
	}
	if e.Revision == 0 {
		return api.AuditEntry{}, model.Errorf(api.NotFound, "there is no revision %d in the audit of %.80q", revision, env)
	}
	entry, err := stored.FullEntry(ctx, s.store, env, e)
	model.DescribeAll(entry.Changes)
	return entry, err
}

// History returns the audit of one flag.
func (s *Service) History(ctx context.Context, env, key string, q AuditQuery) (api.AuditPage, error) {
	if _, err := s.replica.Current(ctx, env); err != nil {
		return api.AuditPage{}, err
	}
	q.Environment, q.Flag = env, key
	return s.Audit(ctx, q)
}

// Audit lists changes, newest first. Within one environment they are ordered by revision, across several by time. An
// error has the code Invalid, for a cursor that isn't ours, or Unavailable.
func (s *Service) Audit(ctx context.Context, q AuditQuery) (api.AuditPage, error) {
	limit := q.Limit
	if limit <= 0 {
		limit = 100
	}
	limit = min(limit, 1000)
	readers, err := s.auditReaders(ctx, q)
	if err != nil {
		return api.AuditPage{}, err
	}
	page := api.AuditPage{Entries: []api.AuditEntry{}}
	size := 0
	for {
		var newest *auditReader
		for _, r := range readers {
			entry, err := r.peek(ctx)
			if err != nil {
				return api.AuditPage{}, model.Unavailable("the audit can't be read", err)
			}
			if entry != nil && (newest == nil || entry.Time.After(newest.entry.Time)) {
				newest = r
			}
		}
		if newest == nil {
			return page, nil
		}
		if size += sizeOf(newest.entry); len(page.Entries) == limit || size > maxAuditPage && len(page.Entries) > 0 {
			page.Next = cursorOf(readers)
			return page, nil
		}
		page.Entries = append(page.Entries, newest.take())
	}
}

// maxAuditPage is about how many bytes of changes a page has. A page with a large entry is shorter.
const maxAuditPage = 4 << 20

func sizeOf(e *api.AuditEntry) (size int) {
	for i := range e.Changes {
		size += len(e.Changes[i].Before) + len(e.Changes[i].After)
	}
	return size
}

// auditReaders returns a reader for each environment that the query selects.
func (s *Service) auditReaders(ctx context.Context, q AuditQuery) ([]*auditReader, error) {
	var envs []string
	if q.Environment != "" {
		envs = []string{q.Environment}
	} else {
		heads := store.Under(stored.HeadPrefix)
		heads.KeysOnly = true
		if _, err := store.ReadAll(ctx, s.store, heads, func(e store.Entry) error {
			envs = append(envs, strings.TrimPrefix(e.Key, stored.HeadPrefix))
			return nil
		}); err != nil {
			return nil, model.Unavailable("the audit can't be read", err)
		}
	}
	before, err := parseCursor(q.Cursor)
	if err != nil {
		return nil, err
	}
	var readers []*auditReader
	for _, env := range envs {
		if q.Environments != nil && !slices.Contains(q.Environments, env) {
			continue
		}
		r := &auditReader{s: s, env: env, q: q, next: store.Under(stored.AuditPrefix + env + "/")}
		if revision, ok := before[env]; ok {
			r.next.From = stored.AuditKey(env, revision)
		} else if q.Cursor != "" {
			continue // created after the first page, or read to its end
		}
		readers = append(readers, r)
	}
	return readers, nil
}

// auditReader reads the entries of one environment that a query selects, newest first.
type auditReader struct {
	s     *Service
	env   string
	q     AuditQuery
	next  store.Range // the range that is not read yet
	ended bool
	page  []store.Entry
	entry *api.AuditEntry // the next one
}

// peek returns the next entry, or nil at the end.
func (r *auditReader) peek(ctx context.Context) (*api.AuditEntry, error) {
	for r.entry == nil {
		if len(r.page) == 0 {
			if r.ended {
				return nil, nil
			}
			r.next.Limit = 100
			page, err := r.s.store.Read(ctx, r.next)
			if err != nil {
				return nil, err
			}
			r.page, r.ended = page.Entries, !page.More
			if len(r.page) > 0 {
				r.next.From = r.page[len(r.page)-1].Key + "\x00"
			}
			continue
		}
		e := r.page[0]
		r.page = r.page[1:]
		entry, saved, err := stored.ParseEntry(r.env, e)
		if err != nil {
			return nil, err
		}
		if !r.q.Since.IsZero() && entry.Time.Before(r.q.Since) {
			r.page, r.ended = nil, true
			continue
		}
		if ok, err := r.wants(ctx, &entry, &saved); err != nil {
			return nil, err
		} else if ok {
			r.entry = &entry
		}
	}
	return r.entry, nil
}

// wants reports whether the query selects an entry. It reads the entry's body if the answer or the caller needs it.
func (r *auditReader) wants(ctx context.Context, entry *api.AuditEntry, saved *stored.AuditEntry) (bool, error) {
	q := &r.q
	if !q.Until.IsZero() && !entry.Time.Before(q.Until) || q.By != "" && entry.By != q.By ||
		q.OnBehalfOf != "" && entry.OnBehalfOf != q.OnBehalfOf {
		return false, nil
	}
	if q.Action != "" && entry.Action != q.Action && !strings.HasPrefix(entry.Action, q.Action+".") {
		return false, nil
	}
	name := ""
	switch {
	case q.Flag != "":
		name = api.KindFlag + "/" + q.Flag
	case q.Segment != "":
		name = api.KindSegment + "/" + q.Segment
	}
	if name != "" && saved.Names != nil && !slices.Contains(saved.Names, name) {
		return false, nil
	}
	if saved.Body != "" {
		if err := stored.ReadBody(ctx, r.s.store, r.env, saved.Body, saved.Parts, &entry.Changes); err != nil {
			return false, err
		}
	}
	if name != "" {
		all := len(entry.Changes)
		entry.Changes = slices.DeleteFunc(entry.Changes, func(c api.Change) bool { return c.Kind+"/"+c.Key != name })
		entry.Omitted = all - len(entry.Changes)
		if len(entry.Changes) == 0 {
			return false, nil
		}
	}
	model.Shorten(entry)
	return true, nil
}

func (r *auditReader) take() api.AuditEntry {
	entry := *r.entry
	r.entry = nil
	return entry
}

// cursorOf encodes where each environment continues: at the entry that was found but not returned.
func cursorOf(readers []*auditReader) string {
	var parts []string
	for _, r := range readers {
		if r.entry != nil {
			parts = append(parts, r.env+":"+strconv.FormatInt(r.entry.Revision, 10))
		}
	}
	return strings.Join(parts, ",")
}

func parseCursor(cursor string) (map[string]int64, error) {
	at := map[string]int64{}
	if cursor == "" {
		return at, nil
	}
	for _, part := range strings.Split(cursor, ",") {
		env, revision, _ := strings.Cut(part, ":")
		n, err := strconv.ParseInt(revision, 10, 64)
		if err != nil || n < 0 {
			return nil, model.InvalidAt("/cursor", "it is not a cursor of this list", "use the next cursor of the previous page")
		}
		at[env] = n
	}
	return at, nil
}
