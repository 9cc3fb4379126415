package etcdstore_test

import (
	"context"
	"net"
	"strings"
	"testing"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc"

	"github.com/gonfalon-flags/gonfalon/controlplane/etcdstore"
)

// ofVersion is a member that answers with a version.
type ofVersion struct {
	pb.UnimplementedMaintenanceServer
	version string
}

func (v ofVersion) Status(context.Context, *pb.StatusRequest) (*pb.StatusResponse, error) {
	return &pb.StatusResponse{Header: &pb.ResponseHeader{}, Version: v.version}, nil
}

// TestAnOldEtcdIsRefusedByName: the error names the member, its version and the oldest that works.
func TestAnOldEtcdIsRefusedByName(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	pb.RegisterMaintenanceServer(server, ofVersion{version: "3.5.21"})
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	defer func() { server.Stop(); <-served }()
	address := "http://" + listener.Addr().String()
	_, err = etcdstore.Dial(t.Context(), etcdstore.Cluster{Endpoints: []string{address}})
	if err == nil || !strings.Contains(err.Error(), "etcd at "+address+" is version 3.5.21: Gonfalon needs 3.6 or later") {
		t.Errorf("it says %v", err)
	}
}
