package migrate

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/request"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// MaxDifferences is how many differences a verification keeps; it counts all.
const MaxDifferences = 100

// Verification is what asking source and result the same questions brought.
type Verification struct {
	Flags       int          `json:"flags"`
	Subjects    int          `json:"subjects"`
	Questions   int64        `json:"questions"`
	Different   int64        `json:"different"`
	Unjudged    int64        `json:"unjudged"` // the source wouldn't answer, or nobody can say what it would
	Moved       int          `json:"moved"`    // subjects for whom something differs
	Differences []Difference `json:"differences"`
	Reasons     []Difference `json:"unjudged_questions,omitempty"`
}

// Difference is a question that source and result answer otherwise.
type Difference struct {
	Flag    string   `json:"flag"` // in the source
	Actor   *string  `json:"actor"`
	Groups  []string `json:"groups,omitempty"`
	Source  string   `json:"source"`  // its answer
	Here    string   `json:"here"`    // ours
	Because string   `json:"because"` // which gates decided
}

// String returns the difference on one line.
func (d Difference) String() string {
	actor := "nobody"
	if d.Actor != nil {
		actor = *d.Actor
	}
	if len(d.Groups) > 0 {
		actor += " in " + strings.Join(some(d.Groups), ", ")
	}
	return fmt.Sprintf("%s for %s: %s there, %s here: %s", d.Flag, actor, d.Source, d.Here, d.Because)
}

// batch is how many subjects a worker takes at once.
const batch = 256

// Verify asks the source and a set of flags here for each subject and flag of the description. progress is called now
// and then with the number of subjects so far.
func Verify(ctx context.Context, source Contents, d *Description, here *flagset.Set, subjects iter.Seq2[Subject, error], now time.Time, progress func(int)) (Verification, error) {
	set := here.Canonical()
	data, problems := snapshot.Compile(snapshot.Header{Environment: "verify"}, set, snapshot.Tolerant)
	if err := flagset.Err(problems); err != nil {
		return Verification{}, err
	}
	loaded, err := engine.Load(data)
	if err != nil {
		return Verification{}, err
	}
	v := verifier{source: source, here: loaded, now: now, origins: map[string]string{}}
	for _, o := range d.Flags {
		if o.Key == "" {
			continue
		}
		v.flags = append(v.flags, asking{Origin: o, rolls: rolls(o, source.Edges(o.Name))})
		v.origins[o.Name] = o.Key
	}
	v.out.Flags = len(v.flags)
	return v.run(ctx, subjects, progress)
}

// asking is a flag, with the rolls of chance to ask with.
type asking struct {
	Origin
	rolls []uint64
}

// rolls returns a roll for each draw of the flag at which answers can change; one roll if chance doesn't matter.
func rolls(o Origin, edges []int) []uint64 {
	if len(edges) == 0 {
		return []uint64{0}
	}
	list := make([]uint64, 0, len(edges))
	for _, edge := range edges {
		roll := uint64(0)
		for engine.Draw(roll, o.Key) != edge {
			roll++
		}
		list = append(list, roll)
	}
	return list
}

type verifier struct {
	source  Contents
	here    *engine.Snapshot
	flags   []asking
	origins map[string]string
	now     time.Time

	mu  sync.Mutex
	out Verification
}

// run hands batches of subjects to a worker for each processor.
func (v *verifier) run(ctx context.Context, subjects iter.Seq2[Subject, error], progress func(int)) (Verification, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	work := make(chan []Subject)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for some := range work {
				for i := range some {
					if ctx.Err() != nil {
						break
					}
					if err := v.ask(&some[i]); err != nil {
						cancel(err)
					}
				}
			}
		})
	}
	some := make([]Subject, 0, batch)
	hand := func() bool {
		select {
		case work <- some:
			some = make([]Subject, 0, batch)
			return true
		case <-ctx.Done():
			return false
		}
	}
	for s, err := range subjects {
		if err != nil {
			cancel(err)
			break
		}
		v.out.Subjects++ // only this goroutine counts them
		if some = append(some, s); len(some) < batch {
			continue
		}
		if !hand() {
			break
		}
		if progress != nil {
			progress(v.out.Subjects)
		}
	}
	if ctx.Err() == nil {
		hand()
	}
	close(work)
	workers.Wait()
	return v.out, context.Cause(ctx)
}

// ask asks for one subject.
func (v *verifier) ask(s *Subject) error {
	input := request.Request{Flags: []string{"-"}, Actor: s.Actor, Groups: s.Groups, Attributes: map[string]any{}, Now: v.now.UnixMicro()}
	for name, value := range s.Attributes {
		normal, err := flagset.Normalise(value)
		if err != nil {
			return fmt.Errorf("the attribute %q: %w", name, err)
		}
		input.Attributes[name] = normal
	}
	bytes, err := input.Append(nil)
	if err != nil {
		return err
	}
	var r engine.Request
	if !r.Parse(string(bytes)) {
		return errors.New("a subject makes no request that the engine reads: it has too many groups or attributes")
	}
	var scratch engine.Scratch
	questions, different, unjudged := int64(0), int64(0), int64(0)
	for i := range v.flags {
		for _, roll := range v.flags[i].rolls {
			questions++
			switch v.compare(&v.flags[i], s, &r.Input, &scratch, roll) {
			case unequal:
				different++
			case unknown:
				unjudged++
			}
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.out.Questions += questions
	v.out.Different += different
	v.out.Unjudged += unjudged
	if different > 0 {
		v.out.Moved++
	}
	return nil
}

type verdict int

const (
	equal verdict = iota
	unequal
	unknown
)

// compare asks for one flag.
func (v *verifier) compare(f *asking, s *Subject, in *engine.Input, scratch *engine.Scratch, roll uint64) verdict {
	there, err := v.source.Decide(f.Name, s, v.now, func(name string) int {
		key, carried := v.origins[name]
		if !carried {
			key = name
		}
		return engine.Draw(roll, key)
	})
	in.Roll = roll
	var here engine.Decision
	v.here.Evaluate(f.Key, in, scratch, &here)
	ours := Answer{Enabled: here.Enabled, By: here.Reason.String()}
	if here.VariantIndex >= 0 {
		ours.Variant = &here.Variant
	}
	if gate := here.Gate.String(); gate != "" {
		ours.By += " " + gate
		if here.Target != "" {
			ours.By += "/" + here.Target
		}
	}
	switch {
	case err != nil:
		v.note(&v.out.Reasons, f, s, "no answer", word(ours), err.Error())
		return unknown
	case there.Enabled == ours.Enabled && (there.Variant == nil) == (ours.Variant == nil) && (there.Variant == nil || *there.Variant == *ours.Variant):
		return equal
	}
	by := there.By
	if by == "" {
		by = "no gate"
	}
	v.note(&v.out.Differences, f, s, word(there), word(ours), "there by "+by+", here by "+ours.By)
	return unequal
}

// note keeps a difference, if there aren't too many.
func (v *verifier) note(list *[]Difference, f *asking, s *Subject, source, here, because string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(*list) < MaxDifferences {
		*list = append(*list, Difference{Flag: f.Name, Actor: s.Actor, Groups: s.Groups, Source: source, Here: here, Because: because})
	}
}

// word writes an answer.
func word(a Answer) string {
	text := "off"
	if a.Enabled {
		text = "on"
	}
	if a.Variant != nil {
		text += fmt.Sprintf(" as %.80q", *a.Variant)
	}
	return text
}

// Moves counts the subjects whose answers about a flag would change if it had another name.
func Moves(source Contents, name, to string, subjects iter.Seq2[Subject, error], now time.Time) (moved, asked int, err error) {
	renamed := source.Rename(map[string]string{name: to})
	draw := func(string) int { return 1 }
	for s, err := range subjects {
		if err != nil {
			return 0, 0, err
		}
		asked++
		before, failed := source.Decide(name, &s, now, draw)
		after, failedToo := renamed.Decide(to, &s, now, draw)
		if failed == nil && failedToo == nil && word(before) != word(after) {
			moved++
		}
	}
	return moved, asked, nil
}
