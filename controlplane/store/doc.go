// Package store is the contract between the control plane and whatever keeps its data: an ordered map of keys to values
// with one order of revisions, transactions and a watch. etcdstore and memstore keep it; storetest checks it.
package store
